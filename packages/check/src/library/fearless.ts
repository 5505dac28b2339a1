/**
 * The library as the type wall sees it: every class with its answers, every function with its signature, no code.
 *
 * `paths` in `../fixtures/tsconfig.json` gives this file the name `fearless`, and the real package instead if that one
 * line says so. What the fixtures prove here they must prove there, word for word.
 */
import type { Arc as ArcOf, Crossing, Send, SendArgs, SendEach, SendResult } from '../../../fearless/src/send.ts'
import type { SendSync, Shared, crossing } from '../../../fearless/src/send.ts'

export type { Send, SendResult, SendSync, Sendable, Sync, ThreadBound } from '../../../fearless/src/send.ts'

export declare class Wait<T> implements PromiseLike<T> {
  declare readonly [crossing]: Crossing<'Wait', 'never: wait for it first', 'never: wait for it first', T>
  then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((why: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>
  wait(ms?: number): T
  try(): T | undefined
  within(ms: number): Promise<T>
}

type OnlyHere = 'never: it must be released where it was taken'
export declare class Guard<T> implements Disposable {
  declare readonly [crossing]: Crossing<'Guard', OnlyHere, OnlyHere, T>
  value: T;
  [Symbol.dispose](): void
}

export declare class Mutex<T> implements Disposable {
  declare readonly [crossing]: Crossing<'Mutex', 'if Send', 'if Send', T>
  #held: T
  constructor(value: Send<T>)
  lock(): Wait<Guard<T>>
  update(f: (value: T) => Send<T>): Wait<T>
  with<R>(f: (value: T) => R): R;
  [Symbol.dispose](): void
}

export declare class RwLock<T> implements Disposable {
  declare readonly [crossing]: Crossing<'RwLock', 'if Send', 'if Send and Sync', T>
  #held: T
  constructor(value: Send<T>)
  read(): Wait<Guard<T>>
  write(): Wait<Guard<T>>;
  [Symbol.dispose](): void
}

export declare class Rc<T> {
  declare readonly [crossing]: Crossing<'Rc', 'never: use Arc', 'never: use Arc', T>
  readonly value: T
  constructor(value: T)
}

export declare class Weak<T> {
  declare readonly [crossing]: Crossing<'Weak', 'if Send and Sync', 'if Send and Sync', T>
  upgrade(): Arc<T> | undefined
}

export type Arc<T> = ArcOf<T>
export declare const Arc: {
  new <T>(value: SendSync<T>): Arc<T>
  clone<A extends Shared<unknown>>(arc: A): A
  strongCount(arc: Shared<unknown>): number
  tryUnwrap<T>(arc: Shared<T>): T | undefined
  downgrade<T>(arc: Shared<T>): Weak<T>
}

export declare class AtomicI32 {
  declare readonly [crossing]: Crossing<'AtomicI32', 'always', 'always'>
  #word: number
  constructor(value: number)
  fetchAdd(n: number): number
}

export declare class Sender<T> implements Disposable {
  declare readonly [crossing]: Crossing<'Sender', 'if Send', 'if Send', T>
  #channel: T
  send(value: Send<T>): void
  clone(): Sender<T>;
  [Symbol.dispose](): void
}

type OneOwner = 'never: it has one owner, so move it or put it in a Mutex'
export declare class Receiver<T> implements Disposable {
  declare readonly [crossing]: Crossing<'Receiver', 'if Send', OneOwner, T>
  #channel: T
  recv(): Wait<T>;
  [Symbol.iterator](): Iterator<T>;
  [Symbol.asyncIterator](): AsyncIterator<T>;
  [Symbol.dispose](): void
}

export declare class JoinHandle<T> {
  declare readonly [crossing]: Crossing<'JoinHandle', 'always', 'always', T>
  #thread: T
  join(): Wait<T>
}

type OnlyInside = 'never: it ends with the function it was given to'
export declare class Scope {
  declare readonly [crossing]: Crossing<'Scope', OnlyInside, OnlyInside>
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>>
}

type SpawnHere = 'never: spawn with it where it was made'
export declare class Builder {
  declare readonly [crossing]: Crossing<'Builder', SpawnHere, SpawnHere>
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>>
}

export declare const thread: {
  spawn<A extends unknown[], R>(f: (...args: A) => SendResult<R>, ...args: SendArgs<A>): JoinHandle<Awaited<R>>
  scope<R>(f: (scope: Scope) => R): Wait<Awaited<R>>
  builder(options: { name?: string; stackSizeMb?: number }): Builder
}

export declare const mpsc: {
  channel<T>(capacity?: number): [Sender<T>, Receiver<T>]
}

export declare function move<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R

export declare class ParIter<T> {
  declare readonly [crossing]: Crossing<'ParIter', 'never: end it with collect()', 'never: end it with collect()', T>
  map<U>(f: (value: T) => Send<U>): ParIter<U>
  filter(f: (value: T) => boolean): ParIter<T>
  flatMap<U>(f: (value: T) => readonly Send<U>[]): ParIter<U>
  fold<A>(initial: Send<A>, f: (sum: A, value: T) => A): ParIter<A>
  reduce<A>(initial: Send<A>, f: (a: A, b: A) => A): Wait<A>
  sum(): Wait<T>
  collect(): Wait<T[]>
}

export declare function parIter<T>(source: SendEach<T>): ParIter<T>

export declare function drop(value: Disposable): asserts value is never
