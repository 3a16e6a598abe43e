set :application, "shop"
set :repo_url, ENV.fetch("REPO")
set :branch, ENV.fetch("VERSION", "main")
set :deploy_to, ENV.fetch("SITE")
set :sshkit_backend, SSHKit::Backend::Local
append :linked_files, "config/master.key"
append :linked_dirs, "log", "tmp/pids", "storage"
