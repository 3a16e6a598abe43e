set :application, "shop"
set :repo_url, ENV.fetch("REPO")
set :branch, ENV.fetch("VERSION", "main")
set :deploy_to, ENV.fetch("SITE")
set :sshkit_backend, SSHKit::Backend::Local
namespace :unit do
  task :restart do
    on(roles(:app)) { within(current_path) { execute :sh, "./restart" } }
  end
end
after "deploy:publishing", "unit:restart"
