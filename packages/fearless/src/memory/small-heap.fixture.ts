/** Limits the shared heap to 16 MiB. Must be imported before the library. */
process.env['FEARLESS_HEAP_MB'] = '16'
