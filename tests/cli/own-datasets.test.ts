import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pictureFolder, put } from '../support/pictures.js';
import { run } from './support.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'elbow-own-cli-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const elbow = (...args: string[]) => run(args, { cwd: root, env: { ELBOW_HOME: join(root, 'home') } });

it('elbow datasets PATH tells classes, split and what cannot be read, and the list then has it', async () => {
  await pictureFolder(join(root, 'colours'), { red: 12, blue: 20 });
  const sound = await elbow('datasets', './colours', '--size', '8');
  expect(sound.code).toBe(0);
  expect(sound.stdout).toMatch(/^colours {2}.+\/colours\n/);
  expect(sound.stdout).toMatch(/each +8×8×3/);
  expect(sound.stdout).toMatch(/\nred +\d+ +\d+\n/);
  expect(sound.stderr).toContain('balanced to the smallest');
  put(root, 'colours/red/text.png', 'hello');
  const { code, stdout } = await elbow('datasets', 'colours', '--channels', '1', '--json');
  expect(code).toBe(6);
  const [train, test] = [expect.any(Number), expect.any(Number)];
  expect(JSON.parse(stdout)).toMatchObject({
    kind: 'folder',
    path: join(root, 'colours'),
    classes: ['blue', 'red'],
    image: [32, 32, 1],
    trainPerClass: [train, train],
    testPerClass: [test, test],
    mean: [expect.any(Number)],
    unreadable: [{ file: 'red/text.png', reason: 'it is no PNG, JPEG or WebP, or its beginning is damaged' }],
    balance: expect.stringContaining('balanced to the smallest'),
  });
  const listed = JSON.parse((await elbow('datasets', '--json')).stdout) as {
    name: string;
    present: boolean;
  }[];
  expect(listed.map(({ name, present }) => [name, present])).toEqual([
    ['cifar10', false],
    ['mnist', false],
    ['colours', true],
    ['colours', true],
  ]);
});

it('elbow datasets FILE.csv tells features, and refuses options of folders', async () => {
  put(root, 'rows.csv', 'way,x,y\nup,1,2\nup,2,2\ndown,3,3\ndown,4,5\n');
  const { code, stdout } = await elbow('datasets', 'rows.csv', '--label', 'way');
  expect(code).toBe(0);
  expect(stdout).toMatch(/each +2 numbers/);
  expect(stdout).toMatch(/\nfeature +mean +std\nx +\d/);
  expect(await elbow('datasets', 'rows.csv', '--size', '8')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--size is not for a CSV file'),
  });
  expect(await elbow('datasets', 'rows.csv', '--test', '2')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      '--set dataset.test=2:1:20: `dataset.test`: expected a number above 0 and below 1',
    ),
  });
});

it('a dry run looks at the data set, says what it means, and plans with its sizes', async () => {
  await pictureFolder(join(root, 'colours'), { red: 12, blue: 20 });
  put(
    root,
    'sweep.yaml',
    'name: mine\ndataset:\n  folder: ./colours\nspace: { samplesPerClass: [5, 500] }\n',
  );
  const refused = await elbow('run', 'sweep.yaml', '--dry-run');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /sweep.yaml:4:31: `space.samplesPerClass\[1\]`: expected a whole number from 1 to \d+, got 500/,
  );
  const plan = await elbow('run', 'sweep.yaml', '--dry-run', '--set', 'samplesPerClass=[5]');
  expect(plan.code).toBe(0);
  expect(plan.stdout).toMatch(/data set +colours \(2 classes, up to \d+ of each; .+\/colours\)/);
  expect(plan.stderr).toMatch(/^colours: the classes have \d+ \(red\) to \d+ training examples; balanced/m);
  renameSync(join(root, 'colours'), join(root, 'pictures'));
  expect(await elbow('run', 'sweep.yaml', '--dry-run')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`sweep.yaml:3:11: there is no folder ${join(root, 'colours')}`),
  });
});
