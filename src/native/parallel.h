// Work shared between the threads that TensorFlow was given for one operation.
#pragma once

#include <cstdint>
#include <functional>

namespace elbow {

// TF_NUM_INTRAOP_THREADS, else the machine's cores; at least 1.
int thread_count();

// Calls work(index) for every index in [0, count), by several threads in no order, and waits for all of them. What work throws is
// thrown again here; the rest is then left undone.
// Work must not depend on which thread does it, so that equal input gives equal bits with any number of threads.
void parallel_for(int64_t count, const std::function<void(int64_t)>& work);

}  // namespace elbow
