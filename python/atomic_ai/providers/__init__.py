"""Where calls leave for models: one adapter a provider, one seam for all of them (`call`)."""
