/**
 * The library as users see it, by its built declarations, and the classes that the type wall answers for already though
 * they are not written yet.
 *
 * `paths` in `../fixtures/tsconfig.json` gives this file the name `fearless`.
 */
import type { ArcClass, Arc as ArcOf, Crossing, Shared, crossing } from './types.ts'

export * from '../../../fearless/dist/index.js'

export declare class Weak<T> {
  declare readonly [crossing]: Crossing<'Weak', 'if Send and Sync', 'if Send and Sync', T>
  upgrade(): ArcOf<T> | undefined
}

export type Arc<T> = ArcOf<T>
export declare const Arc: ArcClass & { downgrade<T>(arc: Shared<T>): Weak<T> }
