import { Testing } from 'cdk8s';
import { Construct } from 'constructs';
import { claimNames } from '../../src/fleet/name-claims';

const app = () => { const root = Testing.app(); return (id: string) => new Construct(root, id); };
const single = (workload: string) => ({ workload, service: `${workload}-api`, grouped: false });
const grouped = (workload: string) => ({ ...single(workload), grouped: true });

test('two fleets of one name in a namespace are refused', () => {
  const fleet = app();
  claimNames(fleet('a'), 'ml', single('llama'));
  expect(() => claimNames(fleet('b'), 'ml', single('llama'))).toThrow(
    new Error("[b] 'metadata.name' is 'llama' but so is that of 'a' in the same namespace; give each fleet a name of its own"));
});

test('the Service that a group\'s controller makes is not the Service of another fleet', () => {
  const sentence = "[b] 'metadata.name' is 'llama-api' but 'a' in the same namespace has a Service 'llama-api', and so would this fleet; give one of them another name";
  const first = app();
  claimNames(first('a'), 'ml', single('llama'));
  expect(() => claimNames(first('b'), 'ml', grouped('llama-api'))).toThrow(new Error(sentence));
  const second = app();
  claimNames(second('a'), 'ml', grouped('llama-api'));
  expect(() => claimNames(second('b'), 'ml', single('llama'))).toThrow(
    new Error("[b] 'metadata.name' is 'llama' but 'a' in the same namespace has a Service 'llama-api', and so would this fleet; give one of them another name"));
});

test('other namespaces, other names and other apps are free', () => {
  const fleet = app();
  claimNames(fleet('a'), 'ml', single('llama'));
  claimNames(fleet('b'), 'search', single('llama'));
  claimNames(fleet('c'), undefined, single('llama'));
  claimNames(fleet('d'), 'ml', single('llama-api'));
  claimNames(app()('a'), 'ml', single('llama'));
});
