/**
 * What build tools use: the transformation of one file, and its refusals.
 */
export { transform, transformFile, type Transformed, type TransformedWithTexts, type TransformOptions } from './transform.ts'
export { CompileError, type Code, type Diagnostic } from './errors.ts'
