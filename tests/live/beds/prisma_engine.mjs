#!/usr/bin/env node
// Prisma 7's schema engine without its binary: the same engine as WebAssembly (@prisma/schema-engine-wasm), behind the
// line-delimited JSON-RPC that the CLI speaks to the native program. PostgreSQL only. For tests without the vendor's
// server: PRISMA_SCHEMA_ENGINE_BINARY names a copy of this file below the node_modules that it uses.
// This build connects even for a diff of two files, which the native one does not: it takes the database of $SHOP_URL.
// Some error texts lack the native engine's codes. SHIM_DEBUG=1 prints the engine's own log.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
const require = createRequire(import.meta.url);

const argv = process.argv.slice(2);
const files = [];
let datasource = {};
let cli = null;
for (let i = 0; i < argv.length; i++) {
  if (argv[i] === "--datamodels" || argv[i] === "-d") files.push(argv[++i]);
  else if (argv[i] === "--datasource") datasource = JSON.parse(argv[++i]);
  else if (argv[i] === "--version") { console.log("schema-engine-wasm-shim"); process.exit(0); }
  else if (argv[i] === "cli") cli = argv[++i];
}
const pg = require("pg");
const Result = require(require.resolve("pg").replace(/index\.js$/, "result.js"));
const add = Result.prototype.addFields; // the engine's introspection reads PostgreSQL's "char", unknown to adapter-pg
Result.prototype.addFields = function (fields) {
  const r = add.call(this, fields);
  for (const f of this.fields) if (f.dataTypeID === 18) f.dataTypeID = 25; else if (f.dataTypeID === 1002) f.dataTypeID = 1009;
  return r;
};
const config = (url, database) => {
  const u = new URL(url ?? process.env.SHOP_URL);
  return { host: u.searchParams.get("host") ?? decodeURIComponent(u.hostname), port: Number(u.port || 5432), user: decodeURIComponent(u.username) || undefined,
    password: decodeURIComponent(u.password) || undefined, database: database ?? u.pathname.slice(1), idleTimeoutMillis: 200 };
};
const fail = (code, message) => {
  process.stderr.write(JSON.stringify({ level: "ERROR", target: "schema_engine::logger", fields: { error_code: code, message } }) + "\n");
  process.exit(1);
};
if (cli) {
  try {
    const client = new pg.Client(config(datasource.url));
    await client.connect();
    await client.end();
    process.exit(0);
  } catch (e) {
    if (cli === "create-database" && e.code === "3D000") {
      const admin = new pg.Client(config(datasource.url, "postgres"));
      await admin.connect();
      await admin.query(`CREATE DATABASE "${config(datasource.url).database}"`);
      await admin.end();
      process.exit(0);
    }
    fail(e.code === "3D000" ? "P1003" : "P1001", e.message);
  }
}
const { PrismaPg } = require("@prisma/adapter-pg");
const { bindMigrationAwareSqlAdapterFactory } = require("@prisma/driver-adapter-utils");
const bg = await import("@prisma/schema-engine-wasm/schema_engine_bg");
const wasmPath = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg").replace(/\.js$/, ".wasm");
const { instance } = await WebAssembly.instantiate(readFileSync(wasmPath), { "./schema_engine_bg.js": bg });
bg.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();

let panic = "";
globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (m) => { panic = m; } };
let engine;
const open = async () => engine ??= await bg.SchemaEngine.new(
  // `diff` and `db execute` are started without a schema, which the WASM build does not accept
  { datamodels: files.length ? files.map((f) => [f, readFileSync(f, "utf8")]) : [["schema.prisma", 'datasource db {\n  provider = "postgresql"\n}\n']] },
  (log) => process.env.SHIM_DEBUG && console.error(log),
  bindMigrationAwareSqlAdapterFactory(new PrismaPg(config(datasource.url))),
);
const say = (m) => process.stdout.write(JSON.stringify(m) + "\n");
let current = 0;
const answerPanic = (e) => {
  say({ id: current, jsonrpc: "2.0", error: { code: 4466, message: "panic", data: { is_panic: false, message: panic || String(e) } } });
  process.exitCode = 101;
  setTimeout(() => process.exit(101), 50);
};
process.on("uncaughtException", answerPanic);
process.on("unhandledRejection", answerPanic);
let queue = Promise.resolve();
createInterface({ input: process.stdin }).on("line", (line) => {
  const req = JSON.parse(line);
  if (!req.method) return; // the CLI's answer to a `print`
  queue = queue.then(async () => {
    current = req.id;
    try {
      const e = await open();
      const method = { getDatabaseVersion: "version" }[req.method] ?? req.method;
      if (typeof e[method] !== "function") throw new Error(`method ${req.method} is not in the WASM engine`);
      const result = (await e[method](req.params)) ?? null;
      // the native engine prints diffs through the CLI; the WASM one returns them as `stdout`
      if (req.method === "diff" && result?.stdout) say({ id: 1e6 + req.id, jsonrpc: "2.0", method: "print", params: { content: result.stdout } });
      say({ id: req.id, jsonrpc: "2.0", result });
    } catch (e) {
      if (process.env.SHIM_DEBUG) console.error(e);
      say({ id: req.id, jsonrpc: "2.0", error: { code: 4466, message: "An error happened. Check the data field for details.",
        data: { is_panic: false, message: String(panic || e.message || e), error_code: e.code, meta: e.meta } } });
    }
  });
}).on("close", () => queue.then(() => process.exit(0)));
