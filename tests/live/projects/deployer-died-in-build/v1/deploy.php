<?php
namespace Deployer;

require 'recipe/common.php';

set('repository', getenv('REPO'));
set('branch', getenv('VERSION') ?: 'main');
set('keep_releases', 5);
set('shared_dirs', ['storage']);
set('shared_files', ['.env']);

localhost('production')->set('deploy_path', getenv('SITE'));

task('deploy:vendors', function () {
    run('cd {{release_path}} && sh ./build');
});
task('deploy', ['deploy:prepare', 'deploy:vendors', 'deploy:publish']);
after('deploy:failed', 'deploy:unlock');
