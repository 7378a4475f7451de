// Preloaded into every process that the local stack starts. The process exits when the stack is gone, however the stack
// ended, so that nothing keeps running.
if (process.channel) {
  process.on('disconnect', () => process.exit(1));
  process.channel.unref();
}
