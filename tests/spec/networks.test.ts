import { describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { parseSweep, type ParseOptions } from '../../src/spec/index.js';

/** Every error of a text as `line:column message (hint)`. */
function errorsOf(text: string, options: ParseOptions = {}): string[] {
  try {
    parseSweep(text, 'sweep.yaml', options);
  } catch (error) {
    if (!(error instanceof ElbowError)) throw error;
    expect(error.code).toBe('spec-invalid');
    return [error, ...error.others].map(
      (one) => `${one.where?.line}:${one.where?.column} ${one.message}${one.hint ? ` (${one.hint})` : ''}`,
    );
  }
  return [];
}

/** A file whose layers begin in line 5. */
const file = (layers: string, rest = ''): string =>
  `name: a\nspace: { model: mine${rest} }\nnetworks:\n  mine:\n${layers
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')}`;

const LAYERS =
  'Layers: conv, dense, max-pool, activation, dropout, residual, batch-norm, flatten, global-average-pool.';

describe('networks of a file', () => {
  it('are kept without what is at its default', () => {
    const text = file(
      [
        '- conv: 8',
        '  size: 3',
        '  stride: 1',
        '  padding: valid',
        '  activation: none',
        '  bias: true',
        '- max-pool: 2',
        '- residual:',
        '    - { conv: 8, size: 3, padding: same, stride: 1, bias: false }',
        '    - batch-norm',
        '    - { conv: 8, size: 3, padding: same, bias: true }',
        '    - batch-norm',
        '- activation: relu',
        '- global-average-pool',
        '- dropout: 0.5',
        '- { dense: 10, activation: relu }',
        '- dropout',
        '- { dense: 10, activation: none }',
      ].join('\n'),
    );
    expect(parseSweep(text, 'f').networks).toEqual({
      mine: [
        { conv: 8, size: 3 },
        { 'max-pool': 2 },
        {
          residual: [
            { conv: 8, size: 3, padding: 'same', bias: false },
            'batch-norm',
            { conv: 8, size: 3, padding: 'same', bias: true },
            'batch-norm',
          ],
        },
        { activation: 'relu' },
        'global-average-pool',
        { dropout: 0.5 },
        { dense: 10, activation: 'relu' },
        'dropout',
        { dense: 'classes' },
      ],
    });
  });

  it('may be none, and then leave no trace', () => {
    expect(parseSweep('name: a\nnetworks: {}', 'f')).toEqual(parseSweep('name: a', 'f'));
    expect(parseSweep('name: a', 'f')).not.toHaveProperty('networks');
  });

  it('may share layers by anchors', () => {
    const text = file(
      '- &block\n  residual: [{ conv: 3, size: 3, padding: same }]\n- *block\n- flatten\n- dense: classes',
    );
    const [first, second] = parseSweep(text, 'f').networks!['mine']!;
    expect(second).toEqual(first);
  });

  it('stand beside built-in ones, and may be laid over by --set', () => {
    const text = file('- flatten\n- dense: classes');
    const spec = parseSweep(text, 'f', {
      set: ['model=[lenet, mine]', 'networks.mine=[flatten, dropout, dense: 10]'],
    });
    expect(spec.space['model']).toEqual(['lenet', 'mine']);
    expect(spec.networks).toEqual({ mine: ['flatten', 'dropout', { dense: 'classes' }] });
  });

  it('may be named by a scale alone', () => {
    const text =
      'name: a\nnetworks: { mine: [flatten, dense: classes] }\nscales: { small: { space: { model: mine } } }';
    expect(parseSweep(text, 'f').space['model']).toEqual(['lenet']);
    expect(parseSweep(text, 'f', { scale: 'small' }).space['model']).toEqual(['mine']);
  });

  it('mean nothing to noop, which takes any model', () => {
    const spec = parseSweep(file('- flatten\n- dense: classes'), 'f', { set: ['trainable=noop'] });
    expect(spec).not.toHaveProperty('networks');
  });
});

describe('what is wrong with a layer', () => {
  it.each([
    [
      '- convv: 8',
      `5:7 \`networks.mine[0]\`: expected a layer, got "convv" (Did you mean \`conv\`? ${LAYERS})`,
    ],
    [
      '- flatten\n- flaten',
      `6:7 \`networks.mine[1]\`: expected a layer, got "flaten" (Did you mean \`flatten\`? ${LAYERS})`,
    ],
    [
      '- relu',
      `5:7 \`networks.mine[0]\`: expected a layer, got "relu" (Write \`activation: relu\`. ${LAYERS})`,
    ],
    ['- 7', `5:7 \`networks.mine[0]\`: expected a layer, got 7 (${LAYERS})`],
    ['- []', `5:7 \`networks.mine[0]\`: expected a layer, got an empty list (${LAYERS})`],
    ['- {}', `5:7 \`networks.mine[0]\`: expected a layer, got an empty mapping (${LAYERS})`],
    ['- dense', '5:7 `networks.mine[0]`: a dense layer needs its figure (Write `dense: 64`.)'],
    [
      '- flatten:',
      '5:7 `networks.mine[0]`: expected the word flatten alone, got a mapping (Write `- flatten`.)',
    ],
    [
      '- conv: 8\n  size: 3\n  max-pool: 2',
      '7:7 `networks.mine[0]`: expected one layer, got conv and max-pool (Begin each layer with a dash.)',
    ],
    [
      '- conv: 8\n  sizze: 3',
      '5:7 `networks.mine[0].size`: expected a whole number from 1 to 1,024, but it is missing',
      '6:7 unknown key `networks.mine[0].sizze` (Did you mean `size`? Known here: conv, size, stride, padding, bias, activation.)',
    ],
    [
      '- conv: 0\n  size: 3.5\n  stride: 0\n  padding: sam\n  bias: yes\n  activation: tanh',
      '5:13 `networks.mine[0].conv`: expected a whole number of filters from 1 to 1,000,000, or `classes`, got 0',
      '6:13 `networks.mine[0].size`: expected a whole number from 1 to 1,024, got 3.5',
      '7:15 `networks.mine[0].stride`: expected a whole number from 1 to 1,024, got 0',
      '8:16 `networks.mine[0].padding`: expected one of valid, same, got "sam" (Did you mean `same`?)',
      '9:13 `networks.mine[0].bias`: expected true or false, got "yes" (Write `true`: YAML 1.2 takes this word for a text.)',
      '10:19 `networks.mine[0].activation`: expected one of relu, none, got "tanh"',
    ],
    [
      '- dense: class',
      '5:14 `networks.mine[0].dense`: expected a whole number of units from 1 to 1,000,000, or `classes`, got "class" (Did you mean `classes`?)',
    ],
    ['- max-pool: 1', '5:17 `networks.mine[0].max-pool`: expected a whole number from 2 to 1,024, got 1'],
    ['- dropout: 0', '5:16 `networks.mine[0].dropout`: expected a number above 0 and below 1, got 0'],
    ['- activation: none', '5:19 `networks.mine[0].activation`: expected relu, got "none"'],
    [
      '- residual: []',
      '5:17 `networks.mine[0].residual`: expected a list of at least one layer, got an empty list',
    ],
    [
      '- residual:\n    - conv: 3\n      size: 3\n    - flaten',
      `8:11 \`networks.mine[0].residual[1]\`: expected a layer, got "flaten" (Did you mean \`flatten\`? ${LAYERS})`,
    ],
  ])('is said with its place: %s', (layers, ...errors) => {
    expect(errorsOf(file(layers))).toEqual(errors);
  });

  it('is said of all layers and of everything else at once', () => {
    expect(errorsOf(`${file('- flaten\n- dense: -1', ', epochs: 0')}sed: 3`)).toHaveLength(4);
  });

  it('stops at a sane number of layers, and of layers within layers', () => {
    const many = `networks: { mine: [${'flatten, '.repeat(5_000)} dense: classes] }`;
    expect(errorsOf(`name: a\nspace: { model: mine }\n${many}`)).toEqual([
      '3:19 `networks.mine`: expected at most 5,000 layers, got more',
    ]);
    const nested = (depth: number): string => (depth === 0 ? 'dropout' : `residual: [${nested(depth - 1)}]`);
    const network = (depth: number) => file(`- ${nested(depth)}\n- flatten\n- dense: classes`);
    expect(errorsOf(network(8))).toEqual([]);
    expect(errorsOf(network(9))).toEqual([
      expect.stringMatching(
        /^5:\d+ `networks.mine\[0\].*expected at most 8 residual layers within one another/,
      ),
    ]);
    expect(errorsOf(network(2_000))).toHaveLength(1);
  });
});

describe('what is wrong with a name', () => {
  const network = '[flatten, dense: classes]';

  it('is said where it stands', () => {
    expect(
      errorsOf(
        `name: a\nspace: { model: [Mine, lenet] }\nnetworks:\n  Mine: ${network}\n  lenet: ${network}`,
      ),
    ).toEqual([
      '4:3 `networks.Mine`: expected a name of lower-case letters, digits and dashes, at most 63, beginning with a letter or digit, got "Mine" (For example `small-net`.)',
      '5:3 `networks.lenet`: expected a name of its own, got that of a built-in model (Call it `my-lenet`, for example.)',
    ]);
    expect(errorsOf('name: a\nnetworks: { mine: 3 }\nspace: { model: mine }')).toEqual([
      '2:19 `networks.mine`: expected a list of at least one layer, got 3',
    ]);
    expect(errorsOf('name: a\nnetworks: [flatten]')).toEqual([
      '2:11 `networks`: expected a mapping of names to lists of layers, got a list',
    ]);
  });

  it('that no arm has is an error: lenet would be trained in its place', () => {
    expect(errorsOf(`name: mine\nnetworks: { mine: ${network} }`)).toEqual([
      '2:13 `networks.mine`: no `model` of the file names this network (Write `model: mine` into `space`, or take the network out.)',
    ]);
  });

  it('that is nearly written is guessed', () => {
    expect(errorsOf(`name: a\nspace: { model: [mine, mien] }\nnetworks: { mine: ${network} }`)).toEqual([
      expect.stringMatching(/^2:24 .*resnet56, mine, got "mien" \(Did you mean `mine`\?\)$/),
    ]);
    for (const name of ['constructor', '__proto__']) {
      expect(errorsOf(`name: a\nspace: { model: ${name} }\nnetworks: { mine: ${network} }`)).toHaveLength(2);
    }
  });

  it('is said of a network that is another again', () => {
    const text = `name: a\nspace: { model: [one, two] }\nnetworks:\n  one: [flatten, dense: 10]\n  two: ${network}`;
    expect(errorsOf(text)).toEqual([
      '5:3 `networks.two`: has the same layers as one, and would be the same arm (Write each network once.)',
    ]);
  });
});

describe('shapes that do not fit', () => {
  it.each([
    [
      '- { conv: 32, size: 3 }\n- max-pool: 3\n- dense: classes',
      '7:7 `networks.mine[2]`: a dense layer needs a flat input, its input is 10×10×32 (Put `flatten` before it.)',
    ],
    [
      '- max-pool: 16\n- conv: 4\n  size: 5',
      '6:7 `networks.mine[1]`: a conv layer needs an image of at least 5×5, its input is 2×2×3 (Pool less before it, make its `size` smaller, or give convolutions `padding: same`, which keeps the size.)',
    ],
    [
      '- flatten\n- max-pool: 2',
      '6:7 `networks.mine[1]`: a max-pool layer needs an image, its input is 3072 (Put it before `flatten` and `global-average-pool`, whose output is flat.)',
    ],
    [
      '- { conv: 8, size: 1 }\n- residual:\n    - { conv: 8, size: 3, padding: same }\n    - dense: 3',
      '8:11 `networks.mine[1].residual[1]`: a dense layer needs a flat input, its input is 32×32×8 (Put `flatten` before it.)',
    ],
    [
      '- residual:\n    - { conv: 2, size: 3, padding: same }',
      '5:7 `networks.mine[0]`: a residual layer cannot add its input, 32×32×3, to what its body makes of it, 32×32×2 (Give its convolutions `padding: same`, at least as many filters as come in, and one stride in all.)',
    ],
    [
      '- flatten\n- dense: 64',
      '6:7 `networks.mine[1]`: the last layer must give the 10 classes of cifar10, it gives 64 (End with `dense: classes`.)',
    ],
    [
      '- { conv: 10, size: 32 }',
      '5:7 `networks.mine[0]`: the last layer must give the 10 classes of cifar10, it gives 1×1×10 (End with `flatten` and `dense: classes`.)',
    ],
    [
      '- flatten\n- dense: 1000000\n- dense: classes',
      '4:3 `networks.mine`: expected 1 to 268,435,456 parameters, got 3,083,000,010 (Pool more, or write fewer units.)',
    ],
    [
      '- { conv: 100000, size: 1 }\n- global-average-pool\n- dense: classes',
      '5:7 `networks.mine[0]`: gives 32×32×100000 numbers for one image, expected at most 16,777,216',
    ],
  ])('are said with the layer: %s', (layers, error) => {
    const [found, ...others] = errorsOf(file(layers));
    // A whole network is at fault where its list stands.
    expect(found).toBe(error.replace(/^4:3/, '5:5'));
    expect(others).toEqual([]);
  });

  it('are looked for in every network, width, norm and data set', () => {
    const body = '- residual: [{ conv: 3, size: 3, padding: same }]\n- flatten\n- dense: classes';
    expect(errorsOf(file(body, ', width: [1, 2]'))).toEqual([]);
    expect(errorsOf(file(body, ', width: [1, 0.5], batchNorm: [true, false]'))).toEqual([
      '5:7 `networks.mine[0]`: with width 0.5 and batchNorm true, a residual layer cannot add its input, 32×32×3, to what its body makes of it, 32×32×2 (Give its convolutions `padding: same`, at least as many filters as come in, and one stride in all.)',
    ]);
    const onMnist = errorsOf(file('- { conv: 2, size: 1 }\n- residual: [{ conv: 1, size: 1 }]'), {
      set: ['dataset=mnist'],
    });
    expect(onMnist[0]).toContain('its input, 32×32×2, to what');
    const two =
      'name: a\nspace: { model: [one, two] }\nnetworks:\n  one: [dense: classes]\n  two: [flatten, flatten]';
    expect(errorsOf(two)).toHaveLength(2);
  });

  it('at the end are none where filters are as many as classes, at any width', () => {
    const layers = '- { conv: classes, size: 1 }\n- global-average-pool';
    expect(errorsOf(file(layers, ', width: [0.5, 1, 3]'))).toEqual([]);
    expect(errorsOf(file(layers.replace('classes', '10'), ', width: [1, 3]'))).toEqual([
      expect.stringContaining('with width 3 and batchNorm true, the last layer must give the 10 classes'),
    ]);
  });
});
