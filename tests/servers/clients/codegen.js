// Writes TypeScript for a schema and operations with GraphQL Code Generator, and compiles it strictly.
// usage: node codegen.js SCHEMA_FILE OPERATIONS_FILE FOLDER
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescript from "@graphql-codegen/typescript";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse, validate } from "graphql";

const [schemaFile, operationsFile, folder] = process.argv.slice(2);
const schema = buildSchema(readFileSync(schemaFile, "utf8"));
const operations = parse(readFileSync(operationsFile, "utf8"));
const problems = validate(schema, operations);
if (problems.length) throw new Error(problems.map((problem) => problem.message).join("\n"));

// Scalars travel as the schema says: decimals and times as strings.
const scalars = Object.fromEntries(
  Object.values(schema.getTypeMap()).filter((type) => type.astNode?.kind === "ScalarTypeDefinition").map((type) => [type.name, "string"]),
);
const config = { scalars, strictScalars: true, enumsAsTypes: true, useTypeImports: true, skipTypename: true };
const written = async (name, plugins, documents) => {
  const source = await codegen({
    filename: name, schema: parse(readFileSync(schemaFile, "utf8")), documents, config,
    plugins: plugins.map((plugin) => ({ [plugin]: {} })),
    pluginMap: { typescript, typescriptOperations, typedDocumentNode },
  });
  writeFileSync(join(folder, name), source);
};

mkdirSync(folder, { recursive: true });
await written("schema.ts", ["typescript"], []);
await written("operations.ts", ["typescriptOperations", "typedDocumentNode"], [{ location: "operations.graphql", document: operations }]);
const names = operations.definitions.filter((one) => one.kind === "OperationDefinition").map((one) => one.name.value);
writeFileSync(join(folder, "use.ts"), [
  `import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";`,
  `import * as documents from "./operations.js";`,
  ...names.map((name) => `export type ${name} = { result: ResultOf<typeof documents.${name}Document>; variables: VariablesOf<typeof documents.${name}Document> };`),
  "",
].join("\n"));
const modules = dirname(fileURLToPath(import.meta.url));
writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({
  compilerOptions: {
    strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, target: "ES2022", module: "NodeNext",
    moduleResolution: "NodeNext", skipLibCheck: false, types: [], verbatimModuleSyntax: true,
  },
  include: ["*.ts"],
}));
writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
const tsc = join(dirname(createRequire(join(modules, "x.js")).resolve("typescript/package.json")), "bin", "tsc");
try {
  execFileSync(process.execPath, [tsc, "--project", resolve(folder)], { stdio: "pipe" });
} catch (error) {
  throw new Error(`tsc --strict:\n${error.stdout}${error.stderr}`);
}
console.log(names.join("\n"));
