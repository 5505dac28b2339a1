declare module 'virtual:programs' {
  /** The programs of runtimes/programs and lessons that run in browsers, by the name of their file. */
  export const programs: Readonly<Record<string, (() => Promise<unknown>) | undefined>>
}
