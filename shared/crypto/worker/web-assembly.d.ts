/** What is used here of the WebAssembly JavaScript interface: TypeScript has it in its browser library only. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  Instance: new (
    module: object,
  ) => { exports: { memory: { buffer: ArrayBuffer }; run: (times: number) => void } };
};
