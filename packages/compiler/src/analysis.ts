/**
 * The parts of the compiler that read a file without changing it: for tools that judge the same text by the same rules.
 */
export { analyse } from './analyse.ts'
export { Captures, type Needs } from './capture.ts'
export { ConfigError, configOf, findConfig, isNamed, parsedConfig, type Config } from './config.ts'
export type { Refusal } from './errors.ts'
export { isSharedMade, isStaticLock } from './evaluation.ts'
export { callOf, findSites, globalPath, pathOf, type Misplaced, type Site } from './find.ts'
export { frame, PLAIN, type Label, type Paint, type Severity, type Span } from './frame.ts'
export { containerOf, happensLater, isChange, isFrozen } from './changes.ts'
export { Lines } from './lines.ts'
export { mentionsLibrary } from './mention.ts'
export { isTooDeep, NestingError, refuseDeepNesting } from './nesting.ts'
export { Purity } from './purity.ts'
export * as refusals from './refusals.ts'
export {
  inPiece,
  lookup,
  type Binding,
  type Kind,
  type Reference,
  type Scope,
  type Scopes,
  type Special,
} from './scope.ts'
export {
  callAround,
  children,
  isFunctionLiteral,
  isWrapper,
  memberName,
  outermost,
  unwrap,
  type Node,
} from './syntax.ts'
