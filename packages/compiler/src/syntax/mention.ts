/**
 * The search that spares most files a parse: does the text name 'fearless' as a module?
 *
 * On its own, because it runs for every file of a program, also of one that never needs the parser.
 */
export const mentionsLibrary = (source: string): boolean => /['"]fearless(?:\/[\w-]+)?['"]/.test(source)
