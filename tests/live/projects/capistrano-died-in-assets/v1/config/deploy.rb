set :application, "shop"
set :repo_url, ENV.fetch("REPO")
set :branch, ENV.fetch("VERSION", "main")
set :deploy_to, ENV.fetch("SITE")
set :sshkit_backend, SSHKit::Backend::Local
namespace :assets do
  task :precompile do
    on(roles(:web)) { within(release_path) { execute :sh, "./build" } }
  end
end
after "deploy:updated", "assets:precompile"
