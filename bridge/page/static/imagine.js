// The view Imagine.
