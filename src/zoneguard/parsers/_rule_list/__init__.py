"""Rule lists that people keep: 通信要件一覧, FW ルール申請書."""
