/**
 * Compiles every `ts` block of docs/*.md with the fixture that README and docstrings are compiled with,
 * and checks that links between the pages lead somewhere.
 */
import * as fs from 'fs';
import * as path from 'path';
import * as ts from 'typescript';

const root = path.join(__dirname, '..');
const pages = ['README.md', 'CONTRIBUTING.md', ...fs.readdirSync(path.join(root, 'docs')).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`)];
const fixture = fs.readFileSync(path.join(root, 'rosetta/default.ts-fixture'), 'utf8');
const [before, after] = fixture.split('/// here');

const sources = new Map<string, string>();
const problems: string[] = [];
let samples = 0;
for (const page of pages) {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)].forEach((match, index) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    const whole = /^import /m.test(match[1]);
    const file = path.join(root, 'scripts', `.sample-${page.replace(/\W/g, '-')}-${index}-line-${line}.ts`);
    sources.set(file, whole ? match[1] : `${before}${match[1]}${after}`);
    samples++;
  });
  for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)) {
    if (!fs.existsSync(path.join(root, path.dirname(page), target))) { problems.push(`${page}: the link to '${target}' leads nowhere`); }
  }
}

const config = ts.readConfigFile(path.join(root, 'examples/tsconfig.json'), (f) => ts.sys.readFile(f)).config;
const parsed = ts.parseJsonConfigFileContent(config, ts.sys, path.join(root, 'examples'));
const options: ts.CompilerOptions = { ...parsed.options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true };
const host = ts.createCompilerHost(options);
const original = { getSourceFile: host.getSourceFile.bind(host), fileExists: host.fileExists.bind(host), readFile: host.readFile.bind(host) };
host.fileExists = (file) => sources.has(file) || original.fileExists(file);
host.readFile = (file) => sources.get(file) ?? original.readFile(file);
host.getSourceFile = (file, ...rest) => sources.has(file)
  ? ts.createSourceFile(file, sources.get(file)!, rest[0])
  : original.getSourceFile(file, ...rest);

const program = ts.createProgram([...sources.keys()], options, host);
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  if (diagnostic.file && !sources.has(diagnostic.file.fileName)) { continue; }
  const where = diagnostic.file ? path.basename(diagnostic.file.fileName) : 'samples';
  problems.push(`${where}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`);
}
problems.forEach((problem) => console.error(problem));
console.log(`${samples} samples of ${pages.length} pages, ${problems.length} problems`);
process.exit(problems.length || !samples ? 1 : 0);
