<?php
// Run up() of migrations with Laravel's own components, each row in a database of its own.
// Standard input and output as those of alembic_rows.py; the migrations are 1_next.php and 2_next.php.

foreach (['Database', 'Events', 'Support'] as $part) {
    require_once "Illuminate/$part/autoload.php";
}
require_once 'Doctrine/DBAL/autoload.php';

use Illuminate\Container\Container;
use Illuminate\Database\Capsule\Manager;
use Illuminate\Support\Facades\Facade;

const MARK = "SELECT '@row'";

function run(string $folder, array $row): ?string
{
    $app = new Container();
    $manager = new Manager($app);
    $manager->addConnection([
        'driver' => 'pgsql', 'host' => $folder, 'username' => 'postgres', 'password' => '',
        'database' => $row['database'], 'charset' => 'utf8', 'schema' => 'public', 'port' => 5432,
    ]);
    $app->instance('db', $manager->getDatabaseManager());
    $app->instance('db.schema', $manager->getConnection()->getSchemaBuilder());
    Facade::clearResolvedInstances();
    Facade::setFacadeApplication($app);
    $project = sys_get_temp_dir() . '/laravel-' . bin2hex(random_bytes(8));
    mkdir($project);
    try {
        foreach (['1_next.php', '2_next.php'] as $name) {
            file_put_contents("$project/$name", $row['files']["database/migrations/$name"]);
            $manager->getConnection()->statement(MARK);
            (require "$project/$name")->up();
        }
        return null;
    } catch (Throwable $error) {
        return $row['files']['database/migrations/2_next.php'] . ': ' . $error->getMessage();
    } finally {
        $manager->getConnection()->disconnect();
        array_map('unlink', glob("$project/*.php"));
        rmdir($project);
    }
}

$given = json_decode(file_get_contents('php://stdin'), true);
$errors = [];
foreach ($given['rows'] as $row) {
    $errors[] = run($given['folder'], $row);
}
echo json_encode($errors), "\n";
