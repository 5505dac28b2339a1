/**
 * The parts of the compiler that read a file without changing it, for tools that apply the same rules to the same text.
 */
export { analyse } from './analysis/names.ts'
export { Captures, type ClosureNeeds } from './analysis/capture.ts'
export { ConfigError, configOf, findConfig, isNamed, parsedConfig, type Config } from './config.ts'
export type { Refusal } from './diagnostics/errors.ts'
export { receivingCallOf, findSites, globalPath, pathOf, type MisplacedArgument, type Site } from './analysis/find.ts'
export { formatFrame, PLAIN, type Label, type Colours, type Severity, type Span } from './diagnostics/frame.ts'
export { containerOf, runsLater, isChange, isFrozen } from './analysis/mutation.ts'
export { Lines } from './syntax/lines.ts'
export { mentionsLibrary } from './syntax/nesting.ts'
export { isTooDeep, NestingError, refuseDeepNesting } from './syntax/nesting.ts'
export { Purity } from './analysis/purity.ts'
export { isStaticName, makesStatic } from './analysis/statics.ts'
export * as refusals from './diagnostics/refusals.ts'
export {
  declarationsOf,
  inRange,
  lookup,
  type Binding,
  type Kind,
  type Reference,
  type Scope,
  type Scopes,
  type FunctionWord,
} from './syntax/scope.ts'
export {
  callAround,
  children,
  isFunctionLiteral,
  isWrapper,
  memberName,
  outermost,
  unwrap,
  type Node,
} from './syntax/syntax.ts'
