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
  moved: ["listpromotealiasesop", "ListPromoteAliasesResponseBody"],
  variables: ["filterprojectenvsop", "FilterProjectEnvsResponseBody"],
  team: ["team", "Team"],
};

const schemas = {};
async function schema(shape) {
  const [file, name] = MODELS[shape];
  schemas[shape] ??= (await import(pathToFileURL(`${process.argv[2]}/esm/models/${file}.js`)))[`${name}$inboundSchema`];
  return schemas[shape];
}

for await (const line of createInterface({ input: process.stdin })) {
  const { shape, body } = JSON.parse(line);
  const read = (await schema(shape)).safeParse(body);
  for (const issue of read.success ? [] : read.error.issues) console.log(`${shape}: ${issue.path.join(".")}: ${issue.message}`);
}
