/** Builds stages of a Dockerfile into layers, each step as Docker does it. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from '../three-hosts/processes.mjs';
import { contextFiles } from './context.mjs';
import { baseImage, inside } from './rootfs.mjs';

/**
 * @param options context, cache (base images), layers (where layers go), args, note
 * @returns a function that builds a stage once and gives its layer
 */
export function createBuilder(stages, { context, cache, layers, args = {}, note }) {
  const built = new Map();
  const build = async (name) => {
    if (!(name in stages)) return { lower: await baseImage(name, cache, note), upper: null };
    const { from, steps } = stages[name];
    const parent = await buildOnce(from);
    const lower = parent.upper === null ? parent.lower : `${parent.upper}:${parent.lower}`;
    const layer = { lower, upper: join(layers, name) };
    // Of an earlier try: a layer is whole when its stage was.
    const mark = `${layer.upper}.whole`;
    if (existsSync(mark)) return layer;
    rmSync(layer.upper, { recursive: true, force: true });
    mkdirSync(layer.upper, { recursive: true });
    // What a stage inherits it starts with.
    const state = {
      env: { ...(stages[from]?.config.env ?? {}) },
      args: {},
      cwd: stages[from]?.config.workdir ?? '/',
    };
    for (const step of steps) await doStep(name, layer, step, state);
    writeFileSync(mark, '');
    return layer;
  };
  const buildOnce = (name) => {
    if (!built.has(name)) built.set(name, build(name));
    return built.get(name);
  };

  const doStep = async (name, layer, step, state) => {
    switch (step.kind) {
      case 'arg':
        for (const [key, value] of Object.entries(step.values)) state.args[key] = args[key] ?? value;
        return;
      case 'env':
        Object.assign(state.env, step.values);
        return;
      case 'workdir':
        state.cwd = step.path;
        await must(inside(layer, ['mkdir', '-p', step.path]));
        return;
      case 'run': {
        note(`${name}: RUN ${step.script.replace(/\s+/g, ' ')}`);
        const shell = stages[name].config.shell ?? ['/bin/sh', '-c'];
        await must(
          inside(layer, [...shell, step.script], { env: { ...state.args, ...state.env }, cwd: state.cwd }),
        );
        return;
      }
      case 'copy':
        note(
          `${name}: COPY ${step.from === null ? '' : `--from=${step.from} `}${step.sources.join(' ')} ${step.target}`,
        );
        return step.from === null ? copyContext(layer, step, state) : copyStage(layer, step);
    }
  };

  const copyContext = (layer, { sources, target }, { cwd }) => {
    const all = contextFiles(context);
    const place = join(layer.upper, target.startsWith('/') ? target : join(cwd, target));
    for (const source of sources) {
      const files =
        source === '.' ? all : all.filter((file) => file === source || file.startsWith(`${source}/`));
      if (files.length === 0) throw new Error(`COPY ${source}: .dockerignore lets nothing of it through`);
      for (const file of files) {
        mkdirSync(dirname(join(place, file)), { recursive: true });
        cpSync(join(context, file), join(place, file));
      }
    }
  };

  const copyStage = async (layer, { from, sources: [source], target, chown }) => {
    const other = await buildOnce(from);
    // The folder as the other stage sees it, by way of a folder that both can reach.
    const passing = join(layers, 'passing');
    rmSync(passing, { recursive: true, force: true });
    mkdirSync(passing);
    await must(inside(other, ['cp', '-a', `${source}/.`, '/mnt/'], { binds: { '/mnt': passing } }));
    const script = `mkdir -p ${target} && cp -a /mnt/. ${target}/${chown === null ? '' : ` && chown -R ${chown} ${target}`}`;
    await must(inside(layer, ['sh', '-c', script], { binds: { '/mnt': passing } }));
    rmSync(passing, { recursive: true, force: true });
  };
  return buildOnce;
}

/** Bytes that a layer adds. */
export function layerBytes({ upper }) {
  let bytes = 0;
  for (const entry of readdirSync(upper, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
