// Loaded into every process that the local stack starts, before its own code: it ends when the stack is gone,
// however that ended, so that nothing is left running.
if (process.channel) {
  process.on('disconnect', () => process.exit(1));
  process.channel.unref();
}
