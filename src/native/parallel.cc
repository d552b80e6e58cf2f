#include "parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace elbow {

int thread_count() {
  static const int count = [] {
    const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int threads = asked ? std::atoi(asked) : 0;
    return std::max(1, threads > 0 ? threads : static_cast<int>(std::thread::hardware_concurrency()));
  }();
  return count;
}

namespace {

class Pool {
 public:
  explicit Pool(int helpers) {
    for (int i = 0; i < helpers; i++) std::thread([this] { help(); }).detach();
    helpers_ = helpers;
  }

  void run(int64_t count, const std::function<void(int64_t)>& work) {
    // One operation at a time; TensorFlow's eager execution never asks for two.
    std::lock_guard<std::mutex> turn(turn_);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      count_ = count;
      next_ = 0;
      thrown_ = nullptr;
      busy_ = helpers_;
      round_++;
    }
    wake_.notify_all();
    take(work, count);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  void take(const std::function<void(int64_t)>& work, int64_t count) {
    try {
      for (int64_t index; (index = next_.fetch_add(1)) < count;) work(index);
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex_);
      thrown_ = std::current_exception();
      // Nobody need begin what is left.
      next_ = count;
    }
  }

  void help() {
    uint64_t seen = 0;
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [&] { return round_ != seen; });
      seen = round_;
      const auto* work = work_;
      const int64_t count = count_;
      lock.unlock();
      take(*work, count);
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::mutex turn_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int64_t)>* work_ = nullptr;
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};
  // What a thread's work has thrown in this round.
  std::exception_ptr thrown_;
  int helpers_ = 0;
  int busy_ = 0;
  uint64_t round_ = 0;
};

}  // namespace

void parallel_for(int64_t count, const std::function<void(int64_t)>& work) {
  const int threads = thread_count();
  if (threads == 1 || count <= 1) {
    for (int64_t i = 0; i < count; i++) work(i);
    return;
  }
  // Lives as long as the process: its threads wait for work when the process ends.
  static Pool* pool = new Pool(threads - 1);
  pool->run(count, work);
}

}  // namespace elbow
