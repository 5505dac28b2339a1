/** The interface for tools: a project, its check and its diagnostics. */
export { Project, withReferences } from './project.ts'
export { pageOf, titleOf } from './explain.ts'
export { FORMATS, formatted, type Format, type Sources } from './report/formats.ts'
export { ConfigError, findConfig, PLAIN, type Colours } from '@fearless/compiler/analysis'
export type { Diagnostic, Edit, Help, Label, Result, Severity, Span } from './report/diagnostic.ts'
