/** Imported before the library, it makes the heap small. */
process.env['FEARLESS_HEAP_MB'] = '16'
