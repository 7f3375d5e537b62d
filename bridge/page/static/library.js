// The view Library.
