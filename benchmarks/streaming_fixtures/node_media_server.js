// Node-Media-Server with its own means: it encodes the lower renditions and packages each, in fragments of two seconds.
// node node_media_server.js SETTINGS.json
const net = require('net');
const settings = JSON.parse(require('fs').readFileSync(process.argv[2]));
const { listen } = net.Server.prototype;
// It has no setting for the address, and listens on all of them.
net.Server.prototype.listen = function (port, ready) {
  return listen.call(this, port, '127.0.0.1', ready);
};
const NodeMediaServer = require(settings.module);
new NodeMediaServer({
  logType: 1,
  rtmp: { port: settings.rtmp, chunk_size: 4096, gop_cache: true, ping: 30, ping_timeout: 60 },
  http: { port: settings.http, mediaroot: settings.media, allow_origin: '*', api: false },
  trans: {
    ffmpeg: '/usr/bin/ffmpeg',
    tasks: [{ app: 'live', hls: true, hlsFlags: '[hls_time=2:hls_list_size=10:hls_flags=delete_segments]' }],
  },
  fission: { ffmpeg: '/usr/bin/ffmpeg', tasks: [{ rule: 'live/*', model: settings.renditions }] },
}).run();
