"""The migrations of native_tools.py for Laravel, in a project without Composer."""

from __future__ import annotations

from native_tools import Tool

FILES = {
    # Debian's packages have no autoloader of Composer
    "vendor/autoload.php": """\
<?php
require_once 'Illuminate/autoload.php';
spl_autoload_register(function ($class) {
    $file = '/usr/share/php/' . strtr($class, '\\\\', '/') . '.php';
    if (str_starts_with($class, 'Illuminate\\\\Foundation\\\\') && is_file($file)) require_once $file;
});
require_once 'Illuminate/Foundation/helpers.php';
""",
    "bootstrap/app.php": """\
<?php
use Illuminate\\Contracts;
use Illuminate\\Foundation;
$app = new Foundation\\Application(dirname(__DIR__));
$app->singleton(Contracts\\Console\\Kernel::class, Foundation\\Console\\Kernel::class);
$app->singleton(Contracts\\Debug\\ExceptionHandler::class, Foundation\\Exceptions\\Handler::class);
return $app;
""",
    "bootstrap/cache/.gitignore": "*\n!.gitignore\n",
    "artisan": """\
#!/usr/bin/env php
<?php
use Symfony\\Component\\Console;
require __DIR__ . '/vendor/autoload.php';
$kernel = (require __DIR__ . '/bootstrap/app.php')->make(Illuminate\\Contracts\\Console\\Kernel::class);
exit($kernel->handle(new Console\\Input\\ArgvInput(), new Console\\Output\\ConsoleOutput()));
""",
    "config/app.php": """\
<?php
$providers = ['Cache\\Cache', 'Database\\Database', 'Filesystem\\Filesystem', 'Queue\\Queue', 'View\\View', 'Foundation\\Providers\\ConsoleSupport'];
return ['env' => 'production', 'timezone' => 'UTC', 'locale' => 'en', 'aliases' => [],
    'providers' => array_map(fn ($name) => "Illuminate\\\\{$name}ServiceProvider", $providers)];
""",
    "config/cache.php": "<?php return ['default' => 'array', 'stores' => ['array' => ['driver' => 'array']]];",
    "config/queue.php": "<?php return ['default' => 'sync', 'connections' => ['sync' => ['driver' => 'sync']]];",
    "config/database.php": """\
<?php
preg_match('~^(\\w+):(?://([^:]+):([^@]*)@([^/]*)/)?([^?]*)(?:.socket=(.*))?~', getenv('SHOP_URL'), $url);
[, $driver, $username, $password, $host, $database] = array_map('rawurldecode', $url);
$drivers = ['sqlite' => 'sqlite', 'mysql' => 'mysql', 'postgres' => 'pgsql'];
return ['default' => 'shop', 'migrations' => 'migrations', 'connections' => ['shop' => [
    'driver' => $drivers[$driver], 'unix_socket' => rawurldecode($url[6] ?? ''), 'port' => 5432,
    'charset' => $driver === 'mysql' ? 'utf8mb4' : 'utf8', 'collation' => 'utf8mb4_general_ci', 'prefix' => '',
] + compact('username', 'password', 'host', 'database')]];
""",
}
KINDS = {
    "orders": (
        "create('orders', function (Blueprint $t) { $t->id(); $t->string('legacy')->nullable(); "
        "$t->string('note')->nullable(); })",
        "drop('orders')",
    ),
    "channel": (
        "table('orders', function (Blueprint $t) { $t->string('channel')->nullable(); })",
        "table('orders', function (Blueprint $t) { $t->dropColumn('channel'); })",
    ),
    "legacy": (
        "table('orders', function (Blueprint $t) { $t->dropColumn('legacy'); })",
        "table('orders', function (Blueprint $t) { $t->string('legacy')->nullable(); })",
    ),
    "one_way": ("getConnection()->update('UPDATE orders SET note = NULL')", ""),
    "empty": ("table('orders', function (Blueprint $t) { $t->index('note'); })", ""),
}


def migration(number: int, kind: str) -> tuple[str, str]:
    up, down = KINDS[kind]
    back = f"Schema::{down};" if down else ""
    back = "throw new Exception('one way');" if kind == "one_way" else back
    text = (
        "<?php\nuse Illuminate\\Database\\Migrations\\Migration;\n"
        "use Illuminate\\Database\\Schema\\Blueprint;\n"
        "use Illuminate\\Support\\Facades\\Schema;\n"
        "return new class extends Migration {\n"
        f"    public function up() {{ Schema::{up}; }}\n"
        f"    public function down() {{ {back} }}\n}};\n"
    )
    return f"database/migrations/{migration_id(number, kind)}.php", text


def migration_id(number: int, kind: str) -> str:
    return f"2026_11_0{number}_000000_{kind}"


LARAVEL = Tool(
    "laravel",
    FILES,
    migration,
    migration_id,
    ("php", "artisan", "migrate", "--force"),
    "SELECT migration FROM migrations",
    "throw new Exception ( 'one way' )",
)
