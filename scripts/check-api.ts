/** Holds the compiled API (.jsii) against the rules of CONTRIBUTING.md that a compiler does not know. */
import * as fs from 'fs';
import * as path from 'path';

const assembly = JSON.parse(fs.readFileSync(path.join(__dirname, '..', '.jsii'), 'utf8'));
const types: any[] = Object.values(assembly.types);
const problems: string[] = [];
const WIDEST_STRUCT = 15;
// A plan, an estimate and an engine's answer have parts that may each be missing by themselves; an engine has the options that it has; a fleet may
// have weights of two models.
const WIDEST_STRUCT_EXCEPTIONS = new Map<string, number>([['SizingPlan', 18], ['Estimate', 16], ['EngineConfig', 17], ['VllmOptions', 16], ['InferenceFleetProps', 16]]);

for (const type of types) {
  const isStruct = type.kind === 'interface' && type.datatype;
  if (!type.docs?.summary) { problems.push(`${type.name} has no summary`); }
  if (isStruct && (type.properties ?? []).length > (WIDEST_STRUCT_EXCEPTIONS.get(type.name) ?? WIDEST_STRUCT)) {
    problems.push(`${type.name} has ${type.properties.length} properties; at most ${WIDEST_STRUCT}: a value class is missing`);
  }
  for (const property of type.properties ?? []) {
    const name = `${type.name}.${property.name}`;
    if (!property.docs?.summary && !property.overrides) { problems.push(`${name} has no summary`); }
    const isInput = isStruct && /(Props|Options|Attributes|Target|Request|Lengths|Layout|Pool|Engine|Client)$/.test(type.name);
    if (isInput && property.optional && !property.docs?.default) { problems.push(`${name} is optional but has no @default`); }
    if (/^-?\s*(undefined|none\.?)$/i.test(property.docs?.default ?? '') && isInput) { problems.push(`${name} has the @default '${property.docs.default}': say what happens`); }
    check(name, property.type);
  }
  for (const method of [...type.methods ?? [], ...(type.initializer ? [type.initializer] : [])]) {
    const name = `${type.name}.${method.name ?? 'new'}`;
    if (method.name && !method.docs?.summary && !method.overrides) { problems.push(`${name} has no summary`); }
    for (const parameter of method.parameters ?? []) { check(`${name}(${parameter.name})`, parameter.type); }
    check(name, method.returns?.type);
  }
}

function check(name: string, reference: any): void {
  if (!reference) { return; }
  if (reference.union) { problems.push(`${name} is a union; use a class with factories`); }
  if (reference.collection) { check(name, reference.collection.elementtype); }
  if (/\.k8s\.|cdk8s-inference\.(kube|crds)/.test(reference.fqn ?? '')) { problems.push(`${name} shows ${reference.fqn}, a wire type`); }
}

problems.forEach((problem) => console.error(problem));
console.log(`${types.length} public types, ${problems.length} problems`);
process.exit(problems.length || !types.length ? 1 : 0);
