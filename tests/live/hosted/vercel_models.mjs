// Holds answers against the models of Vercel's own SDK. Usage: node vercel_models.mjs <folder of @vercel/sdk>
// Standard input: a line of JSON each, {"shape", "body"}. Standard output: a line for each violation.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const MODELS = {
  project: ["getprojectresponsebody", "GetProjectResponseBody"],
  updated: ["updateprojectresponsebody", "UpdateProjectResponseBody"],
  deployments: ["getdeploymentsop", "GetDeploymentsResponseBody"],
  deployment: ["getdeploymentresponsebody1", "GetDeploymentResponseBody2"],
  aliases: ["listdeploymentaliasesop", "ListDeploymentAliasesResponseBody"],
  alias: ["getaliasop", "GetAliasResponseBody"],
  assigned: ["assignaliasop", "AssignAliasResponseBody"],
  moved: ["listpromotealiasesop", "ListPromoteAliasesResponseBody"],
  variables: ["filterprojectenvsop", "FilterProjectEnvsResponseBody"],
  team: ["team", "Team"],
};

// The SDK reads a missing string as "" and a 5 as "5", and counts that.
const load = (file) => import(pathToFileURL(`${process.argv[2]}/esm/${file}.js`));
const { startCountingUnrecognized } = await load("types/unrecognized");

const schemas = {};
async function schema(shape) {
  const [file, name] = MODELS[shape];
  schemas[shape] ??= (await load(`models/${file}`))[`${name}$inboundSchema`];
  return schemas[shape];
}

function changed(read, sent, path) {
  if (read === null || typeof read !== "object" || read instanceof Date) {
    return read instanceof Date || typeof read === typeof sent ? [] : [path];
  }
  return Object.keys(read).flatMap((key) => changed(read[key], sent?.[key], path ? `${path}.${key}` : key));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { shape, body } = JSON.parse(line);
  const model = await schema(shape);
  const counter = startCountingUnrecognized();
  const read = model.safeParse(body);
  const lenient = counter.end() > 0;
  for (const issue of read.success ? [] : read.error.issues) console.log(`${shape}: ${issue.path.join(".")}: ${issue.message}`);
  if (read.success && lenient) console.log(`${shape}: missing, or of another kind: ${changed(read.data, body, "").join(" ") || "something"}`);
}
