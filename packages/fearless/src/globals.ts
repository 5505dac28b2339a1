/**
 * Types of the platform that the library's declarations use. A program whose `lib` and `types` include neither the DOM
 * nor Node gets them as types without members, so that it compiles. In other programs these declarations add nothing.
 */
declare global {
  interface AbortSignal {}
  interface URL {}
  // oxlint-disable-next-line typescript/no-explicit-any -- declarations of one interface must have the same parameters.
  interface ReadableStream<R = any> {}
}

// oxlint-disable-next-line unicorn/require-module-specifiers -- only a module may declare global types.
export {}
