"""What the scripts share: options, words, one function per mode, and the lines that a person reads."""
