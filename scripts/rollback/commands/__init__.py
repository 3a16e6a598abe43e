"""Code the scripts share: options, words, one function per mode, lines for people."""
