/** The part of WebAssembly that is used here; TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  type Exports = Readonly<Record<string, unknown>>;
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  interface Module {
    readonly __brand?: 'module';
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module, imports: Imports): Promise<{ readonly exports: Exports }>;
}
