"""Generated sound: what a picture sounds like to a model of kind "voice", as a clip that loops without a seam."""
