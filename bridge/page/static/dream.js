// The view Dream.
