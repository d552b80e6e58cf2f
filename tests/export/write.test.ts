import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElbowError } from '../../src/errors.js';
import { checkTarget, writeExport } from '../../src/export/index.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'elbow-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = (text: string): Map<string, string> =>
  new Map([
    ['model.json', text],
    ['labels.json', '[]'],
  ]);

const codeOf = (work: () => void): string => {
  try {
    work();
  } catch (error) {
    return error instanceof ElbowError ? error.code : String(error);
  }
  return 'none';
};

describe('the place of an export', () => {
  it('may be new, in folders that are not there yet', () => {
    const path = join(folder, 'a', 'b', 'net.keras');
    checkTarget(path, 'file', false);
    writeExport(path, Uint8Array.of(1, 2));
    expect([...readFileSync(path)]).toEqual([1, 2]);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['net.keras']);
  });

  it('is not written over unless it is forced', () => {
    const path = join(folder, 'net.keras');
    writeFileSync(path, 'old');
    expect(() => checkTarget(path, 'file', false)).toThrow(`there is a file ${path}`);
    checkTarget(path, 'file', true);
    writeExport(path, Uint8Array.of(7));
    expect([...readFileSync(path)]).toEqual([7]);
  });

  it('may be an empty folder, or by force an earlier export, of which nothing is left', () => {
    const path = join(folder, 'net');
    mkdirSync(path);
    checkTarget(path, 'folder', false);
    writeExport(path, files('old').set('group1-shard1of1.bin', 'x'));
    expect(() => checkTarget(path, 'folder', false)).toThrow(`there is a folder ${path}`);
    checkTarget(path, 'folder', true);
    writeExport(path, files('new'));
    expect(readdirSync(path).sort()).toEqual(['labels.json', 'model.json']);
    expect(readFileSync(join(path, 'model.json'), 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['net']);
  });

  it('is never a folder with something else in it', () => {
    writeFileSync(join(folder, 'thesis.txt'), 'five years');
    writeFileSync(join(folder, 'model.json'), '{}');
    for (const isForced of [false, true]) {
      expect(() => checkTarget(folder, 'folder', isForced)).toThrow(
        `the folder ${folder} holds thesis.txt, which is no part of an export`,
      );
    }
  });

  it('is a file or a folder as the format has it', () => {
    writeFileSync(join(folder, 'net'), '');
    expect(() => checkTarget(join(folder, 'net'), 'folder', true)).toThrow(
      'expected the name of a new folder',
    );
    expect(() => checkTarget(folder, 'file', true)).toThrow('expected the name of a new file');
  });

  it('that cannot be written to is named, and nothing is left', () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'net.keras');
    expect(codeOf(() => writeExport(path, Uint8Array.of(1)))).toBe('usage');
    expect(() => writeExport(path, Uint8Array.of(1))).toThrow(`the export cannot be written to ${path}`);
    const broken = new Map([
      ['model.json', '{}'],
      ['no/such/folder', ''],
    ]);
    expect(codeOf(() => writeExport(join(folder, 'net'), broken))).toBe('usage');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});
