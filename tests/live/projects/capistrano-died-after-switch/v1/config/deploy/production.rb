server "localhost", roles: %w[app web]
