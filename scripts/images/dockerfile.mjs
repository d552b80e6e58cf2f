/** The stages of a Dockerfile with their instructions, as far as elbow's uses them. What it does not know it refuses. */
import { readFileSync } from 'node:fs';
import { DockerfileParser } from 'dockerfile-ast';

const list = (text) => JSON.parse(text);
/** `A=1 B=2` */
const pairs = (text) =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
  );

/**
 * @returns stages by name: `{ from, steps, config }`; `from` is another stage or an image, `steps` what is done in order,
 *   `config` what a container is started with
 */
export function readStages(path) {
  const parsed = DockerfileParser.parse(readFileSync(path, 'utf8'));
  const globals = {};
  const stages = {};
  let stage = null;
  for (const instruction of parsed.getInstructions()) {
    const keyword = instruction.getKeyword();
    const text = instruction.getArgumentsContent() ?? '';
    const flags = Object.fromEntries(
      (instruction.getFlags?.() ?? []).map((flag) => [flag.getName(), flag.getValue()]),
    );
    if (keyword === 'FROM') {
      const image = instruction.getImage().replace(/\$\{(\w+)\}/, (_all, name) => globals[name]);
      stage = {
        from: image,
        steps: [],
        config: { ...(stages[image]?.config ?? { env: {}, workdir: '/', user: 'root' }) },
      };
      stages[instruction.getBuildStage()] = stage;
      continue;
    }
    if (stage === null) {
      Object.assign(globals, pairs(text));
      continue;
    }
    const { config } = stage;
    switch (keyword) {
      case 'ARG':
        stage.steps.push({ kind: 'arg', values: pairs(text) });
        break;
      case 'ENV':
        config.env = { ...config.env, ...pairs(text) };
        stage.steps.push({ kind: 'env', values: pairs(text) });
        break;
      case 'RUN':
        stage.steps.push({ kind: 'run', script: text });
        break;
      case 'COPY': {
        const paths = text.split(/\s+/);
        stage.steps.push({
          kind: 'copy',
          from: flags.from ?? null,
          chown: flags.chown ?? null,
          sources: paths.slice(0, -1),
          target: paths.at(-1),
        });
        break;
      }
      case 'WORKDIR':
        config.workdir = text;
        stage.steps.push({ kind: 'workdir', path: text });
        break;
      case 'USER':
        config.user = text;
        break;
      case 'SHELL':
        config.shell = list(text);
        break;
      case 'ENTRYPOINT':
        config.entrypoint = list(text);
        break;
      case 'CMD':
        config.command = list(text);
        break;
      case 'HEALTHCHECK':
        config.healthcheck = list(text.replace(/^CMD\s*/, ''));
        break;
      case 'STOPSIGNAL':
        config.stopSignal = text;
        break;
      default:
        throw new Error(`${path}: the instruction ${keyword} is not known here`);
    }
  }
  return stages;
}
