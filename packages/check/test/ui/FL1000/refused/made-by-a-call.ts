import { thread } from 'fearless'
declare function make(): () => number

thread.spawn(make())
