/**
 * Returns true if the text names 'fearless' as a module. This search saves most files a parse.
 *
 * The search is a separate module, because it runs for every file of a program, even if the parser is never needed.
 */
export const mentionsLibrary = (source: string): boolean => /['"]fearless(?:\/[\w-]+)?['"]/.test(source)
