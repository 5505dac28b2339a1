/**
 * The parts of the compiler that read a file without changing it: for tools that judge the same text by the same rules.
 */
export { analyse } from './analyse.ts'
export { Captures, type Needs } from './capture.ts'
export type { Refusal, Span } from './errors.ts'
export { findSites, globalPath, pathOf, type Misplaced, type Site } from './find.ts'
export { Lines } from './lines.ts'
export { mentionsLibrary } from './mention.ts'
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
export { children, isFunctionLiteral, isWrapper, memberName, unwrap, type Node } from './syntax.ts'
