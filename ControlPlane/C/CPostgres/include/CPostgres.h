// libpq. Only the control plane can reach it.
#pragma once
#include <libpq-fe.h>
