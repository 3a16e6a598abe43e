// Run migrations with Knex itself, each row in a database of its own; started in the folder that has its node_modules.
// Standard input and output as those of alembic_rows.py; the migrations are 1.js and 2.js.
const { createRequire } = require("module");
const fs = require("fs");
const os = require("os");
const path = require("path");

const knex = createRequire(process.cwd() + "/")("knex");
const MARK = "SELECT '@row'";

async function run(folder, row) {
  const project = fs.mkdtempSync(path.join(os.tmpdir(), "knex-"));
  for (const [name, text] of Object.entries(row.files)) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), text);
  }
  const connection = { host: folder, user: "postgres", database: row.database };
  const database = knex({ client: "pg", connection, migrations: { directory: path.join(project, "migrations") }, pool: { min: 0, max: 1 } });
  try {
    for (const name of ["1.js", "2.js"]) {
      await database.raw(MARK);
      await database.migrate.up({ name });
    }
    if (row.without) {
      fs.rmSync(path.join(project, row.without));
      await database.migrate.latest();
    }
    return null;
  } catch (error) {
    return `${row.files["migrations/2.js"]}: ${error.message}`;
  } finally {
    await database.destroy();
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
