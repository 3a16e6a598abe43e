// Run migrations with TypeORM itself, each row in a database of its own; started in the folder that has its node_modules.
// Standard input and output as those of alembic_rows.py; the migrations are 1.js and 2.js.
const { createRequire } = require("module");
const fs = require("fs");
const os = require("os");
const path = require("path");

const { DataSource } = createRequire(process.cwd() + "/")("typeorm");
const MARK = "SELECT '@row'";

async function run(folder, row) {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "typeorm-"));
  try {
    for (const [place, name] of ["migrations/1.js", "migrations/2.js"].entries()) {
      fs.writeFileSync(path.join(project, path.basename(name)), row.files[name]);
      const migrations = [1, 2].slice(0, place + 1).map((number) => require(path.join(project, `${number}.js`)));
      const source = new DataSource({ type: "postgres", host: folder, username: "postgres", database: row.database, migrations });
      await source.initialize();
      await source.query(MARK);
      await source.runMigrations();
      await source.destroy();
    }
    return null;
  } catch (error) {
    return `${row.files["migrations/2.js"]}: ${error.message}`;
  } finally {
    fs.rmSync(project, { recursive: true });
  }
}

async function main() {
  const given = JSON.parse(fs.readFileSync(0, "utf8"));
  const errors = [];
  for (const row of given.rows) errors.push(await run(given.folder, row));
  console.log(JSON.stringify(errors));
}

main();
