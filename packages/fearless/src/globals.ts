/**
 * Types of the platform that the declarations name. A program whose `lib` and `types` have neither the DOM nor Node gets them as
 * types without members, and compiles; elsewhere these declarations add nothing to what is there.
 */
declare global {
  interface AbortSignal {}
  interface URL {}
  // oxlint-disable-next-line typescript/no-explicit-any -- declarations of one interface must have the same parameters.
  interface ReadableStream<R = any> {}
}

// oxlint-disable-next-line unicorn/require-module-specifiers -- only a module may declare what is global.
export {}
