// A module that javascript.ts imports.
exports.named = x => `named ${x}`
