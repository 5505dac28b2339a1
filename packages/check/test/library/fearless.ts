/**
 * The library as users see it, by its built declarations.
 *
 * `paths` in `../fixtures/tsconfig.json` gives this file the name `fearless`.
 */
export * from '../../../fearless/dist/index.js'
