// What of Asio is no template, compiled once for all rooms (BOOST_ASIO_SEPARATE_COMPILATION): header-only, each unit
// would compile the reactor, the timers and the resolver again.
#include <boost/asio/impl/src.hpp>
