// Stands for d3-scale-chromatic, whose scales of colour the map's library brings and no map of ours uses (app/web/looks/assets.py): our colours are
// the tokens. It is no ES module, so that it lacks no name that is imported of it.

module.exports = {};
